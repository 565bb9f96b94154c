module "gate" {
  source = "../modules/gate"

  mark = var.mark
  wait = var.wait
}

module "access" {
  source = "../modules/access"

  name   = "preview-${var.environment}"
  notice = module.gate.notice
}
