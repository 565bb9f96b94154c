# A chain of layers to take links out of. The subnet keeps its VPC from being
# deleted; the far network needs an aliased provider to the end.
module "network" {
  source = "../modules/network"

  cidr_block = "10.60.0.0/16"
}

module "subnet" {
  source = "../modules/subnet"

  cidr_block = "10.60.1.0/24"
  vpc_id     = module.network.vpc_id
}

module "middle" {
  source = "../modules/step"

  input = "${module.subnet.subnet_id} ${var.mark}"
}

module "last" {
  source = "../modules/step"

  input = module.middle.value
}

module "far" {
  source    = "../modules/network"
  providers = { aws = aws.global }

  cidr_block = "10.61.0.0/16"
}
