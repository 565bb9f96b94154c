provider "aws" {
  region = "ap-northeast-1"

  max_retries                 = 2
  skip_credentials_validation = true
  skip_metadata_api_check     = true

  default_tags {
    tags = { Environment = var.environment }
  }
}

provider "aws" {
  alias  = "global"
  region = "us-east-1"

  max_retries                 = 2
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}
