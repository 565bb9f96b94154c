provider "aws" {
  region = var.region

  max_retries                 = 2
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true

  default_tags {
    tags = {
      Environment = var.environment
      Project     = "interrupt"
    }
  }
}
