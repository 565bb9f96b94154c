module "network" {
  source = "../.."

  availability_zones = ["ap-northeast-1a", "ap-northeast-1c"]
  name               = "goal-mandala-example"
  tags               = { Layer = "network" }
}
