# What the layers network, secrets and database use of AWS, in one root: the
# emulator has to apply it, plan it empty, update it in place and destroy it.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {
  region                      = "ap-northeast-1"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  max_retries                 = 2

  default_tags {
    tags = { Project = "goal-mandala", Environment = "test" }
  }
}

variable "revision" {
  description = "A second value updates in place whatever can be updated."
  type        = number
  default     = 1
}

variable "protected" {
  description = "Whether the cluster is protected against deletion."
  type        = bool
  default     = true
}

locals {
  name   = "stack"
  second = var.revision > 1
}

data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

data "aws_region" "this" {}

data "aws_availability_zones" "this" {
  state = "available"
}
