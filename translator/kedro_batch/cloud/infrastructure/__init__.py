"""The stack of AWS CloudFormation that a project runs on: proposed, carried out, followed, deleted, and read back."""
