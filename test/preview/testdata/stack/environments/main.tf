# A VPC, and two layers whose resources stand on it. AWS refuses to delete a
# VPC that still has a subnet or a security group.
locals {
  name = "preview-${var.environment}"
}

module "network" {
  source = "../modules/network"

  cidr_block = var.cidr_block
  name       = local.name
}

module "firewall" {
  source = "../modules/firewall"

  name   = local.name
  vpc_id = module.network.vpc_id
}

module "attachment" {
  source = "../modules/attachment"

  cidr_block = module.network.cidr_block
  group_id   = module.firewall.group_id
  vpc_id     = module.network.vpc_id
}
