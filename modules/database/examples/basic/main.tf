module "network" {
  source = "../../../network"

  availability_zones = ["ap-northeast-1a", "ap-northeast-1c"]
  name               = "goal-mandala-example"
}

module "secrets" {
  source = "../../../secrets"

  name = "goal-mandala-example"
}

module "database" {
  source = "../.."

  availability_zones  = module.network.availability_zones
  name                = "goal-mandala-example"
  secrets_kms_key_arn = module.secrets.kms_key_arn
  security_group_id   = module.network.database_security_group_id
  subnet_ids          = module.network.private_subnet_ids
  tags                = { Layer = "database" }
}
