# A secret that goes from a variable through one layer's output into another
# layer, and out of the root.
module "source" {
  source = "../modules/source"

  label  = var.label
  secret = var.secret
}

module "keeper" {
  source = "../modules/keeper"

  name  = "/preview-${var.environment}/token"
  token = module.source.token
}
