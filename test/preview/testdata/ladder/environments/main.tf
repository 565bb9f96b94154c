# Five layers that hand on every kind of value: strings, sets, maps, sensitive
# ones, through locals that mix layers with data sources of the root.
data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

locals {
  name   = "preview-${var.environment}"
  labels = merge(module.identity.labels, { vpc = module.network.vpc_id })
  grants = {
    for zone, id in module.network.subnet_ids :
    zone => "arn:aws:ec2:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:subnet/${id}"
  }
}

module "identity" {
  source = "../modules/identity"

  name   = local.name
  secret = var.secret
}

module "network" {
  source = "../modules/network"

  cidr_block = var.cidr_block
  name       = local.name
  owner_arn  = module.identity.role_arn
  zones      = module.identity.zones
}

module "store" {
  source = "../modules/store"
  count  = 2

  labels = local.labels
  name   = "${local.name}-${count.index}"
  token  = module.identity.token
}

module "edge" {
  source    = "../modules/edge"
  providers = { aws = aws.global }

  name           = local.name
  retention_days = var.retention_days
}

module "app" {
  source   = "../modules/app"
  for_each = toset(["blue", "green"])

  grants = local.grants
  name   = "${local.name}-${each.key}"
  owner  = module.identity.token
  vpc_id = module.network.vpc_id

  depends_on = [module.edge]
}
