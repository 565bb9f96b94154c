terraform {
  required_version = ">= 1.11.0, < 2.0.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 6.0.0"

      # CloudFront's certificates and web ACLs live in us-east-1 only.
      configuration_aliases = [aws.us_east_1]
    }
  }
}
