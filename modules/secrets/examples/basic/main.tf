module "secrets" {
  source = "../.."

  name = "goal-mandala-example"
  tags = { Layer = "secrets" }
}
