"""What readers without an account send to the curators: papers that are missing, facts that are wrong."""
