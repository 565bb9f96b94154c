# Two layers with no provider: what the workflows and the tool do shows here within
# seconds. What stands beside them in AWS, the test made.
module "base" {
  source = "../modules/base"
}

module "app" {
  source = "../modules/app"

  base_id   = module.base.id
  healthy   = var.healthy
  release   = var.release
  wait_file = var.wait_file
}
