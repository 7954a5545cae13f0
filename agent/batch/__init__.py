"""Many tasks in one run: what there is to do, each task made ready from its image, all of them worked on."""
