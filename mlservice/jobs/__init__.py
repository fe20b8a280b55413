"""What jobs and checks of uploads the learning service carries out."""
