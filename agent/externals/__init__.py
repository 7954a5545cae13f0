"""The doors through which patches from elsewhere come in: what files hold, and what their patches are called."""
