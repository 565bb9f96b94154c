module "frontend" {
  source = "../.."

  providers = {
    aws           = aws
    aws.us_east_1 = aws.us_east_1
  }

  api                 = { domain_name = "a1b2c3d4e5.execute-api.ap-northeast-1.amazonaws.com", stage_name = "v1" }
  force_destroy       = true
  name                = "goal-mandala-example"
  tags                = { Layer = "frontend" }
  wait_for_deployment = false
}
