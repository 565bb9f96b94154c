provider "aws" {
  region = "ap-northeast-1"

  max_retries                 = 2
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}
