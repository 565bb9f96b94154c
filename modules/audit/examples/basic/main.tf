module "audit" {
  source = "../.."

  force_destroy = true # an example leaves nothing behind; evidence has to stay
  name          = "goal-mandala-example"
  tags          = { Layer = "audit" }
}
