locals {
  name = "${var.project}-${var.environment}"
}

module "network" {
  source = "../modules/network"

  availability_zones  = var.network.availability_zones
  cidr_block          = var.network.cidr_block
  flow_log            = var.network.flow_log
  gateway_endpoints   = var.network.gateway_endpoints
  interface_endpoints = var.network.interface_endpoints
  name                = local.name
  nat_gateways        = var.network.nat_gateways
  tags                = { Layer = "network" }
}

module "secrets" {
  source = "../modules/secrets"

  jwt_key              = var.secrets.jwt_key
  name                 = local.name
  recovery_window_days = var.secrets.recovery_window_days
  tags                 = { Layer = "secrets" }
}

module "database" {
  source = "../modules/database"

  apply_immediately     = var.database.apply_immediately
  availability_zones    = module.network.availability_zones
  backup_retention_days = var.database.backup_retention_days
  capacity_acu          = var.database.capacity_acu
  deletion_protection   = var.database.deletion_protection
  engine_version        = var.database.engine_version
  instance_count        = var.database.instance_count
  log_retention_days    = var.database.log_retention_days
  name                  = local.name
  secrets_kms_key_arn   = module.secrets.kms_key_arn
  security_group_id     = module.network.database_security_group_id
  skip_final_snapshot   = var.database.skip_final_snapshot
  subnet_ids            = module.network.private_subnet_ids
  tags                  = { Layer = "database" }
}
