# The definition in the Amazon States Language, with JSONPath. The README has the
# picture and what each function gets and gives back.
locals {
  alias_pattern = "^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:(?P<function>[A-Za-z0-9_-]+):(?P<alias>[A-Za-z0-9_-]+)$"

  function_names = [
    "aggregate-results",
    "create-batches",
    "get-actions",
    "handle-error",
    "save-tasks",
    "task-generation",
    "update-goal-status",
    "update-progress",
    "validate-input",
  ]

  invoke  = "arn:${local.partition}:states:::lambda:invoke"
  publish = "arn:${local.partition}:states:::sns:publish"

  # Trying again would change nothing; the first rule that matches counts.
  permanent = {
    ErrorEquals = ["InvalidInputError", "PermissionDeniedError", "QuotaExceededError", "States.Permissions"]
    MaxAttempts = 0
  }

  # Three retries each: after 2, 4 and 8 seconds, and after 1, 2 and 4.
  retry_generation = [local.permanent, { BackoffRate = 2, ErrorEquals = ["States.ALL"], IntervalSeconds = 2, MaxAttempts = 3 }]
  retry            = [local.permanent, { BackoffRate = 2, ErrorEquals = ["States.ALL"], IntervalSeconds = 1, MaxAttempts = 3 }]

  # What every function is told, from the execution and the validated request.
  execution = { "arn.$" = "$$.Execution.Id", "name.$" = "$$.Execution.Name" }
  about = {
    execution  = local.execution
    "goalId.$" = "$.request.goalId"
    "userId.$" = "$.request.userId"
  }
  summary = {
    "failed.$"    = "$.Payload.failed"
    "succeeded.$" = "$.Payload.succeeded"
    "taskCount.$" = "$.Payload.taskCount"
    "total.$"     = "$.Payload.total"
  }

  definition = {
    Comment        = "Generates the tasks of a goal's actions"
    StartAt        = "ValidateInput"
    TimeoutSeconds = var.timeout_seconds

    States = {
      ValidateInput = {
        Type           = "Task"
        Resource       = local.invoke
        TimeoutSeconds = 30
        Parameters = {
          FunctionName = var.functions["validate-input"]
          Payload      = { execution = local.execution, "input.$" = "$$.Execution.Input" }
        }
        ResultSelector = {
          "actionIds.$" = "$.Payload.actionIds"
          "goalId.$"    = "$.Payload.goalId"
          "userId.$"    = "$.Payload.userId"
        }
        ResultPath = "$.request"
        Retry      = local.retry
        Catch      = [{ ErrorEquals = ["States.ALL"], Next = "RecordInputError", ResultPath = "$.error" }]
        Next       = "GetActions"
      }

      GetActions = {
        Type           = "Task"
        Resource       = local.invoke
        TimeoutSeconds = 30
        Parameters = {
          FunctionName = var.functions["get-actions"]
          Payload      = merge(local.about, { "actionIds.$" = "$.request.actionIds" })
        }
        ResultSelector = { "actions.$" = "$.Payload.actions" }
        ResultPath     = "$.plan"
        Retry          = local.retry
        Catch          = [{ ErrorEquals = ["States.ALL"], Next = "HandleError", ResultPath = "$.error" }]
        Next           = "CreateBatches"
      }

      CreateBatches = {
        Type           = "Task"
        Resource       = local.invoke
        TimeoutSeconds = 30
        Parameters = {
          FunctionName = var.functions["create-batches"]
          Payload      = merge(local.about, { "actions.$" = "$.plan.actions", batchSize = var.batch_size })
        }
        ResultSelector = {
          "actionCount.$" = "$.Payload.actionCount"
          "batches.$"     = "$.Payload.batches"
        }
        ResultPath = "$.plan"
        Retry      = local.retry
        Catch      = [{ ErrorEquals = ["States.ALL"], Next = "HandleError", ResultPath = "$.error" }]
        Next       = "ProcessBatches"
      }

      ProcessBatches = {
        Type           = "Map"
        ItemsPath      = "$.plan.batches"
        MaxConcurrency = var.concurrency.batches
        ItemSelector = {
          "actionCount.$" = "$.plan.actionCount"
          "batch.$"       = "$$.Map.Item.Value"
          "request.$"     = "$.request"
        }
        ItemProcessor  = local.batch_processor
        ResultSelector = { "batches.$" = "$" }
        ResultPath     = "$.processed"
        Catch          = [{ ErrorEquals = ["States.ALL"], Next = "HandleError", ResultPath = "$.error" }]
        Next           = "AggregateResults"
      }

      AggregateResults = {
        Type           = "Task"
        Resource       = local.invoke
        TimeoutSeconds = 30
        Parameters = {
          FunctionName = var.functions["aggregate-results"]
          Payload      = merge(local.about, { "actionCount.$" = "$.plan.actionCount", "batches.$" = "$.processed.batches" })
        }
        ResultSelector = local.summary
        ResultPath     = "$.summary"
        Retry          = local.retry
        Catch          = [{ ErrorEquals = ["States.ALL"], Next = "HandleError", ResultPath = "$.error" }]
        Next           = "CheckResults"
      }

      CheckResults = {
        Type = "Choice"
        Choices = [
          {
            And = [
              { Variable = "$.summary.succeeded", NumericGreaterThan = 0 },
              { Variable = "$.summary.failed", NumericEquals = 0 },
            ]
            Next = "UpdateGoalStatusActive"
          },
          { Variable = "$.summary.succeeded", NumericGreaterThan = 0, Next = "UpdateGoalStatusPartial" },
        ]
        Default = "UpdateGoalStatusFailed"
      }

      UpdateGoalStatusActive  = merge(local.update_goal_status.active, { Next = "WorkflowSucceeded" })
      UpdateGoalStatusPartial = merge(local.update_goal_status.partial, { Next = "NotifyPartial" })
      UpdateGoalStatusFailed  = merge(local.update_goal_status.failed, { Next = "NotifyFailed" })

      # A notice that cannot be sent changes nothing about the goal.
      NotifyPartial = merge(local.notify.partial, {
        Catch = [{ ErrorEquals = ["States.ALL"], Next = "WorkflowSucceeded", ResultPath = null }]
        Next  = "WorkflowSucceeded"
      })
      NotifyFailed = merge(local.notify.failed, {
        Catch = [{ ErrorEquals = ["States.ALL"], Next = "WorkflowFailed", ResultPath = null }]
        Next  = "WorkflowFailed"
      })

      WorkflowSucceeded = { Type = "Succeed" }
      WorkflowFailed = {
        Type  = "Fail"
        Error = "TaskGenerationFailed"
        Cause = "No action got its tasks, or the goal's status could not be written."
      }

      # After an error outside the actions: what was saved until then decides, as
      # it would have without the error.
      HandleError = {
        Type           = "Task"
        Resource       = local.invoke
        TimeoutSeconds = 30
        Parameters = {
          FunctionName = var.functions["handle-error"]
          Payload      = merge(local.about, { "error.$" = "$.error", scope = "workflow" })
        }
        ResultSelector = local.summary
        ResultPath     = "$.summary"
        Retry          = local.retry
        Catch          = [{ ErrorEquals = ["States.ALL"], Next = "AssumeFailure", ResultPath = null }]
        Next           = "CheckResults"
      }

      AssumeFailure = {
        Type       = "Pass"
        Result     = { failed = 0, succeeded = 0, taskCount = 0, total = 0 }
        ResultPath = "$.summary"
        Next       = "UpdateGoalStatusFailed"
      }

      RecordStatusError = {
        Type           = "Task"
        Resource       = local.invoke
        TimeoutSeconds = 30
        Parameters = {
          FunctionName = var.functions["handle-error"]
          Payload      = merge(local.about, { "error.$" = "$.error", scope = "status" })
        }
        ResultPath = null
        Retry      = local.retry
        Catch      = [{ ErrorEquals = ["States.ALL"], Next = "NotifyFailed", ResultPath = null }]
        Next       = "NotifyFailed"
      }

      # The input as it came, for nothing in it is known to be right.
      RecordInputError = {
        Type           = "Task"
        Resource       = local.invoke
        TimeoutSeconds = 30
        Parameters = {
          FunctionName = var.functions["handle-error"]
          Payload      = { "error.$" = "$.error", execution = local.execution, "input.$" = "$$.Execution.Input", scope = "input" }
        }
        ResultPath = null
        Retry      = local.retry
        Catch      = [{ ErrorEquals = ["States.ALL"], Next = "InputRejected", ResultPath = null }]
        Next       = "InputRejected"
      }

      InputRejected = {
        Type  = "Fail"
        Error = "InputRejected"
        Cause = "The input is invalid or could not be validated."
      }
    }
  }

  batch_processor = {
    ProcessorConfig = { Mode = "INLINE" }
    StartAt         = "ProcessActions"

    States = {
      ProcessActions = {
        Type           = "Map"
        ItemsPath      = "$.batch.actions"
        MaxConcurrency = var.concurrency.actions
        ItemSelector = {
          "action.$"  = "$$.Map.Item.Value"
          "request.$" = "$.request"
        }
        ItemProcessor = local.action_processor
        ResultPath    = "$.results"
        Next          = "UpdateProgress"
      }

      UpdateProgress = {
        Type           = "Task"
        Resource       = local.invoke
        TimeoutSeconds = 30
        Parameters = {
          FunctionName = var.functions["update-progress"]
          Payload = merge(local.about, {
            "actionCount.$" = "$.actionCount"
            "batchNumber.$" = "$.batch.batchNumber"
            "results.$"     = "$.results"
          })
        }
        ResultPath = null
        Retry      = local.retry
        Catch      = [{ ErrorEquals = ["States.ALL"], Next = "RecordProgressError", ResultPath = "$.error" }]
        Next       = "BatchDone"
      }

      RecordProgressError = {
        Type           = "Task"
        Resource       = local.invoke
        TimeoutSeconds = 30
        Parameters = {
          FunctionName = var.functions["handle-error"]
          Payload      = merge(local.about, { "batchNumber.$" = "$.batch.batchNumber", "error.$" = "$.error", scope = "progress" })
        }
        ResultPath = null
        Retry      = local.retry
        Catch      = [{ ErrorEquals = ["States.ALL"], Next = "BatchDone", ResultPath = null }]
        Next       = "BatchDone"
      }

      BatchDone = {
        Type       = "Pass"
        Parameters = { "batchNumber.$" = "$.batch.batchNumber", "results.$" = "$.results" }
        End        = true
      }
    }
  }

  action_processor = {
    ProcessorConfig = { Mode = "INLINE" }
    StartAt         = "GenerateTasks"

    States = {
      GenerateTasks = {
        Type           = "Task"
        Resource       = local.invoke
        TimeoutSeconds = 120
        Parameters = {
          FunctionName = var.functions["task-generation"]
          Payload      = merge(local.about, { "actionId.$" = "$.action.actionId", "attempt.$" = "$$.State.RetryCount" })
        }
        ResultSelector = { "tasks.$" = "$.Payload.tasks" }
        ResultPath     = "$.generated"
        Retry          = local.retry_generation
        Catch          = [{ ErrorEquals = ["States.ALL"], Next = "RecordActionError", ResultPath = "$.error" }]
        Next           = "SaveTasks"
      }

      SaveTasks = {
        Type           = "Task"
        Resource       = local.invoke
        TimeoutSeconds = 30
        Parameters = {
          FunctionName = var.functions["save-tasks"]
          Payload      = merge(local.about, { "actionId.$" = "$.action.actionId", "tasks.$" = "$.generated.tasks" })
        }
        ResultSelector = { "taskCount.$" = "$.Payload.taskCount" }
        ResultPath     = "$.saved"
        Retry          = local.retry
        Catch          = [{ ErrorEquals = ["States.ALL"], Next = "RecordActionError", ResultPath = "$.error" }]
        Next           = "MarkSuccess"
      }

      MarkSuccess = {
        Type       = "Pass"
        Parameters = { "actionId.$" = "$.action.actionId", status = "succeeded", "taskCount.$" = "$.saved.taskCount" }
        End        = true
      }

      RecordActionError = {
        Type           = "Task"
        Resource       = local.invoke
        TimeoutSeconds = 30
        Parameters = {
          FunctionName = var.functions["handle-error"]
          Payload      = merge(local.about, { "actionId.$" = "$.action.actionId", "error.$" = "$.error", scope = "action" })
        }
        ResultPath = null
        Retry      = local.retry
        Catch      = [{ ErrorEquals = ["States.ALL"], Next = "MarkFailure", ResultPath = null }]
        Next       = "MarkFailure"
      }

      # The error's name only: its cause can hold what a user wrote.
      MarkFailure = {
        Type       = "Pass"
        Parameters = { "actionId.$" = "$.action.actionId", "error.$" = "$.error.Error", status = "failed", taskCount = 0 }
        End        = true
      }
    }
  }

  update_goal_status = {
    for status in ["active", "failed", "partial"] : status => {
      Type           = "Task"
      Resource       = local.invoke
      TimeoutSeconds = 30
      Parameters = {
        FunctionName = var.functions["update-goal-status"]
        Payload      = merge(local.about, { status = status, "summary.$" = "$.summary" })
      }
      ResultPath = null
      Retry      = local.retry
      Catch      = [{ ErrorEquals = ["States.ALL"], Next = "RecordStatusError", ResultPath = "$.error" }]
    }
  }

  notify = {
    for status in ["failed", "partial"] : status => {
      Type           = "Task"
      Resource       = local.publish
      TimeoutSeconds = 30
      Parameters = {
        TopicArn = local.topic_arn
        Subject  = "${local.state_machine_name}: goal ${status}"
        Message = {
          execution    = local.execution
          "goalId.$"   = "$.request.goalId"
          source       = "workflow"
          stateMachine = local.state_machine_name
          status       = status
          "summary.$"  = "$.summary"
        }
      }
      ResultPath = null
      Retry      = local.retry
    }
  }
}
