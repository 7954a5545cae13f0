"""Language models: any that LiteLLM reaches, and embedded ones. Importing this loads none of the libraries."""
