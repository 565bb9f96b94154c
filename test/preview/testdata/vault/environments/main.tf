# Resources that hold data, and a layer that stands on one of theirs.
locals {
  name = "preview-${var.environment}"
}

module "logs" {
  source = "../modules/logs"

  folder = "/${local.name}/${var.folder}"
  names  = var.logs
}

module "users" {
  source = "../modules/users"

  deletion_protection = var.deletion_protection
  name                = local.name
}

module "reader" {
  source = "../modules/reader"

  arns = module.logs.arns
}
