module "network" {
  source = "../modules/network"

  key          = var.key
  name         = "interrupt-${var.environment}"
  password     = var.password
  revision     = var.revision
  wait_seconds = var.wait_seconds
}

module "app" {
  source = "../modules/app"

  name              = "interrupt-${var.environment}"
  password          = module.network.password
  revision          = var.revision
  security_group_id = module.network.security_group_id
  subnet_ids        = module.network.subnet_ids
  vpc_id            = module.network.vpc_id
}
