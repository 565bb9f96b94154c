# The application's functions (R1.2), the roles that they share (R4.1), and what
# they are told through their environment: ARNs of secrets, never values.
data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition

  # By name: a reference would close the circle functions → workflow → functions.
  state_machine_name = "${local.name}-TaskGenerationWorkflow"
  state_machine_arn  = "arn:${local.partition}:states:${var.region}:${local.account}:stateMachine:${local.state_machine_name}"
  execution_arns     = "arn:${local.partition}:states:${var.region}:${local.account}:execution:${local.state_machine_name}:*"

  # By name as well: it calls itself, where its time runs out.
  reminder_alias_arn = "arn:${local.partition}:lambda:${var.region}:${local.account}:function:${local.name}-reminder:live"

  database_user = "goal_mandala_app"

  model_arns = [for model in var.functions.models : startswith(model, "arn:") ? model : "arn:${local.partition}:bedrock:${var.region}::foundation-model/${model}"]

  # What every function is told, beside what it alone needs.
  environment = {
    APPLICATION_URL       = var.application_url
    CORS_ORIGINS          = join(",", local.cors_origins)
    ENVIRONMENT           = var.environment
    GENERATOR             = var.functions.generator
    LOG_LEVEL             = var.functions.log_level
    RELEASE               = var.release
    SECRETS_CACHE_SECONDS = "300"
    TIME_ZONE             = "Asia/Tokyo" # where the users' days begin
  }

  # What the functions are told that speak to the database: in AWS as a user who
  # signs in with IAM and has no password.
  database_environment = {
    DATABASE_AUTH = var.functions.database.auth
    DATABASE_HOST = module.database.endpoint
    DATABASE_NAME = module.database.database_name
    DATABASE_PORT = tostring(module.database.port)
    DATABASE_TLS  = var.functions.database.tls
    DATABASE_USER = local.database_user
  }

  workflow_functions = {
    "aggregate-results"  = "Sums the results of all batches up"
    "create-batches"     = "Cuts the actions into batches of at most eight"
    "get-actions"        = "Reads the actions of the goal"
    "handle-error"       = "Records a failure of the workflow"
    "save-tasks"         = "Stores the tasks of an action"
    "update-goal-status" = "Sets the goal active, partial or failed"
    "update-progress"    = "Records how far the generation has come"
    "validate-input"     = "Checks what an execution is started with"
  }

  particular_functions = merge(
    {
      auth = {
        description = "Profile, sign-out and first sign-in of users"
        environment = merge(local.database_environment, { USER_POOL_ID = module.auth.user_pool_id })
        group       = "auth"
      }
    },
    {
      for name, description in {
        goals       = "Goals with sub-goals, actions, chart and history"
        health      = "Says whether the application works, and in which version"
        reflections = "Reflections on goals"
        tasks       = "Tasks, notes and saved views"
        } : name => {
        description = description
        environment = local.database_environment
        group       = "api"
      }
    },
    {
      for name, description in {
        ai              = "Starts, shows, cancels and retries a generation"
        cancel-workflow = "Stops an execution of the workflow"
        get-status      = "Says how far an execution of the workflow is"
        start-workflow  = "Starts the workflow for a goal"
        } : name => {
        description     = description
        environment     = merge(local.database_environment, { STATE_MACHINE_ARN = local.state_machine_arn })
        group           = "ai"
        timeout_seconds = 900
      }
    },
    {
      for name, description in local.workflow_functions : name => {
        description     = description
        environment     = local.database_environment
        group           = "workflow"
        timeout_seconds = 900
      }
    },
    {
      task-generation = {
        description = "Generates the tasks of an action with Amazon Bedrock"
        # It reads the action's texts itself: they must not pass through the executions' history.
        environment = merge(local.database_environment, {
          EXTERNAL_API_SECRET_ARN = module.secrets.secret_arns["external-api"]
          MODEL_ID                = var.functions.models[0]
        })
        group           = "generation"
        timeout_seconds = 900
      }
      reminder = {
        description = "Mails each user their due and overdue tasks, and takes them off the list"
        environment = merge(local.database_environment, {
          JWT_KEY_SECRET_ARN     = module.secrets.secret_arns["jwt-key"]
          MAIL_CONFIGURATION_SET = module.auth.mail_configuration_set_name
          MAIL_FROM              = module.auth.mail_from_address
          MAIL_LANGUAGE          = "ja" # or "en": users have no language of their own
        })
        group           = "reminder"
        timeout_seconds = 300
      }
      slack-notifier = {
        description = "Tells Slack of alarms, deployments and results of the workflow"
        environment = {
          # A page with a section for each alarm, by its name without the prefix.
          RUNBOOK_URL              = coalesce(var.monitoring.runbook_url, "https://github.com/${var.delivery.repository}/blob/${var.delivery.branch}/docs/guide/en/operations.md")
          SLACK_WEBHOOK_SECRET_ARN = module.secrets.secret_arns["slack-webhook"]
        }
        group = "notifier"
      }
      migrate = {
        description = "Brings the database's schema forward"
        environment = merge(local.database_environment, {
          DATABASE_MASTER_SECRET_ARN = module.database.master_user_secret_arn
        })
        group           = "migrate"
        timeout_seconds = 900
      }
    },
  )

  functions = {
    for name, function in local.particular_functions : name => merge(function, { environment = merge(local.environment, function.environment) })
  }

  may_connect = {
    sid       = "ConnectToTheDatabase"
    actions   = ["rds-db:connect"]
    resources = ["arn:${local.partition}:rds-db:${var.region}:${local.account}:dbuser:${module.database.cluster_resource_id}/${local.database_user}"]
  }
  may_decrypt_secrets = {
    sid       = "DecryptSecrets"
    actions   = ["kms:Decrypt"]
    resources = [module.secrets.kms_key_arn]
    conditions = {
      StringEquals = { "kms:ViaService" = ["secretsmanager.${var.region}.amazonaws.com"] }
    }
  }
  may_read = {
    for sid, arn in {
      ReadJwtKey       = module.secrets.secret_arns["jwt-key"]
      ReadExternalApi  = module.secrets.secret_arns["external-api"]
      ReadSlackWebhook = module.secrets.secret_arns["slack-webhook"]
      ReadMasterUser   = module.database.master_user_secret_arn
      } : sid => {
      sid       = sid
      actions   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
      resources = [arn]
    }
  }

  groups = {
    api = { statements = [local.may_connect] }
    auth = {
      statements = [
        local.may_connect,
        { sid = "SignOutAndDeleteUsers", actions = ["cognito-idp:AdminDeleteUser", "cognito-idp:AdminUserGlobalSignOut"], resources = [module.auth.user_pool_arn] },
      ]
    }
    ai = {
      statements = [
        local.may_connect,
        { sid = "StartTheWorkflow", actions = ["states:StartExecution"], resources = [local.state_machine_arn] },
        { sid = "FollowExecutions", actions = ["states:DescribeExecution", "states:StopExecution"], resources = [local.execution_arns] },
      ]
    }
    workflow = { statements = [local.may_connect] }
    generation = {
      statements = [
        local.may_connect, local.may_read["ReadExternalApi"], local.may_decrypt_secrets,
        { sid = "InvokeTheModels", actions = ["bedrock:InvokeModel"], resources = local.model_arns },
      ]
    }
    # The only one that may sign: whoever has the key makes links that switch reminders off.
    reminder = {
      statements = [
        local.may_connect, local.may_read["ReadJwtKey"], local.may_decrypt_secrets,
        {
          sid        = "SendReminders"
          actions    = ["ses:SendRawEmail"]
          resources  = [module.auth.mail_identity_arn, "arn:${local.partition}:ses:${var.region}:${local.account}:configuration-set/${module.auth.mail_configuration_set_name}"]
          conditions = { StringEquals = { "ses:FromAddress" = [module.auth.mail_from_address] } }
        },
        { sid = "GoOnInAnotherCall", actions = ["lambda:InvokeFunction"], resources = [local.reminder_alias_arn] },
      ]
    }
    notifier = { statements = [local.may_read["ReadSlackWebhook"], local.may_decrypt_secrets] }
    migrate  = { statements = [local.may_read["ReadMasterUser"], local.may_decrypt_secrets] }
  }
}
