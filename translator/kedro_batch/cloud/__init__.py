"""What is asked of an AWS account beside its jobs. ``session`` loads boto3, nothing else does."""
