module "network" {
  source = "../../../network"

  availability_zones = ["ap-northeast-1a", "ap-northeast-1c"]
  name               = "goal-mandala-example"
}

# What the states invoke; without artefacts they are placeholders.
module "functions" {
  source = "../../../functions"

  functions = {
    for function in [
      "aggregate-results",
      "create-batches",
      "get-actions",
      "handle-error",
      "save-tasks",
      "task-generation",
      "update-goal-status",
      "update-progress",
      "validate-input",
    ] : function => { description = "State of the workflow", group = "workflow" }
  }
  groups             = { workflow = { statements = [] } }
  name               = "goal-mandala-example"
  security_group_ids = [module.network.functions_security_group_id]
  subnet_ids         = module.network.private_subnet_ids
}

module "workflow" {
  source = "../.."

  functions        = { for name, function in module.functions.functions : name => function.alias_arn }
  logs_kms_key_arn = module.functions.logs_kms_key_arn
  name             = "goal-mandala-example"
  tags             = { Layer = "workflow" }
}
