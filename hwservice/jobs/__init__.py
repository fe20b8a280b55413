"""What jobs and checks of uploads the hardware service carries out."""
