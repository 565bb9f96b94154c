module "base" {
  source = "../modules/base"
}

module "app" {
  source = "../modules/app"

  base_id = module.base.id
  size    = var.size
}
