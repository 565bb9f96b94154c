module "api" {
  source = "../.."

  cors_origins     = ["https://app.example.com"]
  logs_kms_key_arn = aws_kms_key.logs.arn
  name             = "goal-mandala-example"
  tags             = { Layer = "api" }
  user_pool_arn    = aws_cognito_user_pool.example.arn

  functions = {
    goals = {
      alias_arn        = aws_lambda_alias.goals.arn
      alias_invoke_arn = aws_lambda_alias.goals.invoke_arn
      alias_name       = aws_lambda_alias.goals.name
      function_name    = aws_lambda_function.goals.function_name
    }
  }

  routes = {
    "/goals" = {
      GET  = { function = "goals", operation_id = "listGoals", query = { status = false } }
      POST = { function = "goals", operation_id = "createGoal" }
    }
    "/goals/{goalId}" = { GET = { function = "goals", operation_id = "getGoal" } }
    "/health"         = { GET = { function = "goals", operation_id = "getHealth", authorized = false } }
  }
}
