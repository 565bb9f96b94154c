# Two layers with no provider to wait for: what Terraform itself and the tool do shows here.
terraform {
  required_version = ">= 1.11.0, < 2.0.0"
}

module "network" {
  source = "../modules/network"

  password     = var.password
  revision     = var.revision
  wait_seconds = var.wait_seconds
}

module "app" {
  source = "../modules/app"

  password     = module.network.password
  revision     = var.revision
  wait_seconds = var.app_wait_seconds
}
