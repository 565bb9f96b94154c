# One resource that somebody can change behind the tool's back.
module "base" {
  source = "../modules/base"

  name = "/${var.project}/log"
}

provider "aws" {
  region = "ap-northeast-1"

  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}
