"""What is asked of an AWS account beside its jobs. Only here and in the AWS engine boto3 is loaded."""
