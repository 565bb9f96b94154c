mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  functions = {
    auth = {
      artifact = {
        bucket = "artifacts"
        key    = "artifacts/sha256/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.zip"
        sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
      }
      description = "Profile and sign-out"
      environment = {
        JWT_KEY_SECRET_ARN    = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:goal-mandala-test/jwt-key-AbCdEf"
        SECRETS_CACHE_SECONDS = "300"
      }
      group = "api"
    }
    health = {
      description = "Says whether the application works"
      group       = "api"
    }
    task-generation = {
      artifact = {
        bucket = "artifacts"
        key    = "artifacts/sha256/fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe.zip"
        sha256 = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe"
      }
      description     = "Generates tasks"
      group           = "generation"
      handler         = "index.handler"
      memory_mb       = 1024
      runtime         = "nodejs20.x"
      timeout_seconds = 900
    }
  }
  groups = {
    api = {
      statements = [{
        sid       = "ReadJwtKey"
        actions   = ["secretsmanager:GetSecretValue"]
        resources = ["arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:goal-mandala-test/jwt-key-AbCdEf"]
      }]
    }
    generation = {
      statements = [{
        sid        = "Decrypt"
        actions    = ["kms:Decrypt"]
        resources  = ["arn:aws:kms:ap-northeast-1:123456789012:key/11111111-1111-1111-1111-111111111111"]
        conditions = { StringEquals = { "kms:ViaService" = ["secretsmanager.ap-northeast-1.amazonaws.com"] } }
      }]
    }
    idle = { statements = [] }
  }
  name               = "goal-mandala-test"
  security_group_ids = ["sg-00000000000000000"]
  subnet_ids         = ["subnet-00000000000000001", "subnet-00000000000000002"]
  tags               = { Layer = "functions" }
}

run "functions_follow_the_catalogue" {
  command = plan

  assert {
    condition = { for name, function in aws_lambda_function.this : name => "${function.function_name} ${function.memory_size} MB ${function.timeout} s" } == {
      auth            = "goal-mandala-test-auth 512 MB 30 s"
      health          = "goal-mandala-test-health 512 MB 30 s"
      task-generation = "goal-mandala-test-task-generation 1024 MB 900 s"
    }
    error_message = "R1.2: functions have 512 MB and 30 s, and what is said otherwise."
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : toset(function.vpc_config[0].subnet_ids) == toset(var.subnet_ids) && toset(function.vpc_config[0].security_group_ids) == toset(var.security_group_ids)])
    error_message = "R1.2: every function must lie in the private subnets, in its security group."
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.architectures == tolist(["arm64"])])
    error_message = "R1.2: the processor must be arm64 where nothing else is said."
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : coalesce(function.reserved_concurrent_executions, -1) == -1]) && length(aws_lambda_provisioned_concurrency_config.this) == 0
    error_message = "R1.2: no concurrency may be reserved or provisioned by default."
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.tracing_config[0].mode == "Active"])
    error_message = "R3.3: X-Ray must be active on every function."
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.tags.Layer == "functions"])
    error_message = "The Layer tag must reach the functions."
  }
}

run "logs_are_json_kept_and_encrypted" {
  command = plan

  assert {
    condition     = alltrue([for name, function in aws_lambda_function.this : function.logging_config[0].log_format == "JSON" && function.logging_config[0].log_group == "/aws/lambda/goal-mandala-test-${name}" && function.logging_config[0].application_log_level == "DEBUG" && function.logging_config[0].system_log_level == "INFO"])
    error_message = "R3.4: every function must log JSON to its own group."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_log_group.this)) == toset(keys(var.functions)) && alltrue([for group in aws_cloudwatch_log_group.this : group.retention_in_days == 30 && group.kms_key_id == aws_kms_key.this.arn])
    error_message = "R1.2: each log group must keep 30 days under the key."
  }

  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_key.this.deletion_window_in_days == 30
    error_message = "R4.4: the key must rotate and be recoverable."
  }

  assert {
    condition = [for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Condition.ArnLike["kms:EncryptionContext:aws:logs:arn"] if can(statement.Principal.Service)] == [[
      "arn:aws:logs:ap-northeast-1:123456789012:log-group:/aws/*/goal-mandala-test*",
      "arn:aws:logs:ap-northeast-1:123456789012:log-group:API-Gateway-Execution-Logs_*",
      "arn:aws:logs:ap-northeast-1:123456789012:log-group:aws-waf-logs-goal-mandala-test*",
    ]]
    error_message = "R4.4: CloudWatch Logs may use the key for this environment's log groups only."
  }
}

run "what_is_counted_is_logged_at_every_level" {
  command = plan

  variables {
    log_level = "WARN"
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.logging_config[0].application_log_level == "DEBUG" && function.logging_config[0].system_log_level == "WARN"])
    error_message = "R3.4: Lambda must not drop lines that metrics are counted from."
  }
}

run "environment_is_encrypted_and_holds_no_secret" {
  command = plan

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.kms_key_arn == aws_kms_key.this.arn])
    error_message = "R4.4: the environment must be encrypted with the key."
  }

  assert {
    condition     = aws_lambda_function.this["auth"].environment[0].variables["JWT_KEY_SECRET_ARN"] == var.functions["auth"].environment["JWT_KEY_SECRET_ARN"] && length(aws_lambda_function.this["health"].environment) == 0
    error_message = "R1.2: the environment must reach the function; without one there is no block."
  }
}

run "published_behind_live" {
  command = plan

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.publish])
    error_message = "R1.2: every change must publish a version."
  }

  assert {
    condition     = { for name, alias in aws_lambda_alias.live : name => "${alias.function_name}:${alias.name}" } == { for name in keys(var.functions) : name => "goal-mandala-test-${name}:live" }
    error_message = "R1.2: each function must have the alias live."
  }
}

run "code_is_addressed_by_content" {
  command = plan

  assert {
    condition     = aws_lambda_function.this["auth"].s3_bucket == "artifacts" && aws_lambda_function.this["auth"].s3_key == var.functions["auth"].artifact.key && aws_lambda_function.this["auth"].filename == null && aws_lambda_function.this["auth"].handler == "bootstrap" && aws_lambda_function.this["auth"].runtime == "provided.al2023"
    error_message = "R1.2: the artefact must come from S3 by its key."
  }

  # The hash of nothing, as sha256sum and base64 give it.
  assert {
    condition     = aws_lambda_function.this["auth"].source_code_hash == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    error_message = "R1.2: source_code_hash must be the artefact's hash as AWS tells it."
  }

  assert {
    condition     = aws_lambda_function.this["task-generation"].source_code_hash == "//////////////////////////////////////////4=" && aws_lambda_function.this["task-generation"].runtime == "nodejs20.x" && aws_lambda_function.this["task-generation"].handler == "index.handler"
    error_message = "R1.2: any runtime must be possible, and every hash."
  }
}

run "a_placeholder_where_there_is_no_artefact" {
  command = plan

  assert {
    condition     = aws_lambda_function.this["health"].handler == "index.handler" && aws_lambda_function.this["health"].runtime == "nodejs22.x" && endswith(aws_lambda_function.this["health"].filename, "placeholder/placeholder.zip") && aws_lambda_function.this["health"].s3_bucket == null
    error_message = "R1.2: a function without an artefact must be the placeholder."
  }

  assert {
    condition     = aws_lambda_function.this["health"].source_code_hash == filebase64sha256("./placeholder/placeholder.zip") && length(aws_s3_object.placeholder) == 0
    error_message = "R1.2: the placeholder must have its own hash."
  }
}

run "the_placeholder_by_way_of_s3" {
  command = plan

  variables {
    placeholder_bucket = "artifacts"
  }

  assert {
    condition     = aws_lambda_function.this["health"].s3_bucket == "artifacts" && aws_lambda_function.this["health"].s3_key == "placeholders/goal-mandala-test/${filesha256("./placeholder/placeholder.zip")}.zip" && aws_lambda_function.this["health"].filename == null
    error_message = "R1.2: with a bucket the placeholder must come from there."
  }

  assert {
    condition     = aws_lambda_function.this["auth"].s3_key == var.functions["auth"].artifact.key
    error_message = "R1.2: a function with an artefact must keep it."
  }
}

run "roles_are_narrow" {
  command = plan

  assert {
    condition     = { for group, role in aws_iam_role.this : group => role.name } == { api = "goal-mandala-test-functions-api", generation = "goal-mandala-test-functions-generation", idle = "goal-mandala-test-functions-idle" }
    error_message = "R4.1: each group must have a role of its own."
  }

  assert {
    condition     = alltrue([for role in aws_iam_role.this : [for statement in jsondecode(role.assume_role_policy).Statement : statement.Principal.Service] == ["lambda.amazonaws.com"]])
    error_message = "R4.1: only Lambda may assume the roles."
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.base["api"].policy).Statement : statement.Resource if statement.Sid == "WriteOwnLogs"] == [[
      "arn:aws:logs:ap-northeast-1:123456789012:log-group:/aws/lambda/goal-mandala-test-auth:*",
      "arn:aws:logs:ap-northeast-1:123456789012:log-group:/aws/lambda/goal-mandala-test-health:*",
    ]]
    error_message = "R4.1: a group may write its own functions' logs only."
  }

  assert {
    condition = alltrue(flatten([
      for policy in concat(values(aws_iam_role_policy.base), values(aws_iam_role_policy.group)) : [
        for statement in jsondecode(policy.policy).Statement : [for action in statement.Action : !strcontains(action, "*")]
      ]
    ]))
    error_message = "R4.1: every action must be named in full."
  }

  assert {
    condition = toset(flatten([
      for policy in concat(values(aws_iam_role_policy.base), values(aws_iam_role_policy.group)) : [
        for statement in jsondecode(policy.policy).Statement : statement.Sid if contains(flatten([statement.Resource]), "*")
      ]
    ])) == toset(["KeepTheCodeFromNetworkInterfaces", "LookUpNetworkInterfaces", "WriteTraces"])
    error_message = "R4.1: only what AWS offers on all resources may be on all resources."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.base["generation"].policy).Statement : [statement.Effect, statement.Condition.ArnEquals["lambda:SourceFunctionArn"]] if can(statement.Condition)] == [["Deny", ["arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-task-generation"]]]
    error_message = "R4.1: the functions' code may not touch network interfaces."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.base["idle"].policy).Statement : statement.Sid] == ["SendDeadLetters", "UseTheFunctionsKey", "ManageNetworkInterfaces", "LookUpNetworkInterfaces", "WriteTraces"]
    error_message = "R4.1: a group without functions must have no statement about functions."
  }

  assert {
    condition = keys(aws_iam_role_policy.group) == ["api", "generation"] && jsondecode(aws_iam_role_policy.group["generation"].policy).Statement == [{
      Action    = ["kms:Decrypt"]
      Condition = { StringEquals = { "kms:ViaService" = ["secretsmanager.ap-northeast-1.amazonaws.com"] } }
      Effect    = "Allow"
      Resource  = ["arn:aws:kms:ap-northeast-1:123456789012:key/11111111-1111-1111-1111-111111111111"]
      Sid       = "Decrypt"
    }]
    error_message = "R4.1: a group's statements must reach its role as they are, and no empty policy."
  }
}

run "failed_events_are_kept" {
  command = plan

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.dead_letter_config[0].target_arn == aws_sqs_queue.dead_letters.arn])
    error_message = "R1.2: every function must have the dead-letter queue."
  }

  assert {
    condition     = aws_sqs_queue.dead_letters.kms_master_key_id == aws_kms_key.this.arn && aws_sqs_queue.dead_letters.message_retention_seconds == 1209600
    error_message = "R4.4: the queue must be encrypted with the key, and keep 14 days."
  }

  assert {
    condition     = [for statement in jsondecode(aws_sqs_queue.dead_letters.policy).Statement : [statement.Effect, statement.Condition.Bool["aws:SecureTransport"]]] == [["Deny", "false"]]
    error_message = "R4.4: the queue must be reached by TLS only."
  }
}

run "provisioned_concurrency_on_live" {
  command = plan

  variables {
    functions = { auth = { description = "Profile and sign-out", group = "api", provisioned_concurrency = 2 } }
  }

  assert {
    condition     = { for name, config in aws_lambda_provisioned_concurrency_config.this : name => "${config.qualifier} ${config.provisioned_concurrent_executions}" } == { auth = "live 2" }
    error_message = "R6.1: provisioned concurrency must be on the alias."
  }
}
