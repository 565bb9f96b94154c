locals {
  # Release is the one that made the resource: were it followed, each release would
  # change everything that there is (ignore_tags below).
  #
  # The Layer tag comes through each module's tags: a provider alias per layer
  # would cost 1.8 times the time and 4.5 times the memory of a plan.
  default_tags = {
    CostCenter         = var.cost_center
    DataClassification = var.data_classification
    Environment        = var.environment
    ManagedBy          = "terraform"
    Owner              = var.owner
    Project            = var.project
    Release            = var.release
  }
}

provider "aws" {
  region = var.region

  max_retries                 = var.aws.max_retries
  s3_use_path_style           = var.aws.s3_use_path_style
  skip_credentials_validation = var.aws.skip_credentials_validation
  skip_metadata_api_check     = var.aws.skip_metadata_api_check
  skip_region_validation      = var.aws.skip_region_validation
  skip_requesting_account_id  = var.aws.skip_requesting_account_id

  default_tags {
    tags = local.default_tags
  }

  ignore_tags {
    keys = ["Release"]
  }
}

# CloudFront's certificates, web ACLs, metrics and alarms live in us-east-1 only.
provider "aws" {
  alias  = "us_east_1"
  region = "us-east-1"

  max_retries                 = var.aws.max_retries
  s3_use_path_style           = var.aws.s3_use_path_style
  skip_credentials_validation = var.aws.skip_credentials_validation
  skip_metadata_api_check     = var.aws.skip_metadata_api_check
  skip_region_validation      = var.aws.skip_region_validation
  skip_requesting_account_id  = var.aws.skip_requesting_account_id

  default_tags {
    tags = local.default_tags
  }

  ignore_tags {
    keys = ["Release"]
  }
}
