module "audit" {
  source = "../.."

  name = "goal-mandala-example"
  tags = { Layer = "audit" }
}
