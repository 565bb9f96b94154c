# The application's REST API (R1.2): which function answers which path and method.
# Cognito must know the caller everywhere but where authorized = false.
locals {
  routes = {
    "/health" = {
      GET = { function = "health", operation_id = "getHealth", authorized = false }
    }

    # The link in a reminder: no sign-in, the signed token says whose it is. A
    # browser opens it by GET; mail services unsubscribe by POST (RFC 8058). Without
    # a token the function answers, too: a page, where API Gateway would say JSON.
    "/unsubscribe" = {
      GET  = { function = "reminder", operation_id = "showUnsubscribe", authorized = false, query = { token = false } }
      POST = { function = "reminder", operation_id = "unsubscribe", authorized = false, query = { token = false } }
    }

    "/auth" = {
      GET = { function = "auth", operation_id = "getSession" }
    }
    "/auth/sign-out" = {
      POST = { function = "auth", operation_id = "signOut" }
    }

    "/profile" = {
      DELETE = { function = "auth", operation_id = "deleteProfile" }
      GET    = { function = "auth", operation_id = "getProfile" }
      PATCH  = { function = "auth", operation_id = "updateProfile" }
    }
    "/profile/reminders" = {
      GET = { function = "auth", operation_id = "getReminderPreference" }
      PUT = { function = "auth", operation_id = "putReminderPreference" }
    }

    "/goals" = {
      GET  = { function = "goals", operation_id = "listGoals", query = { cursor = false, limit = false, status = false } }
      POST = { function = "goals", operation_id = "createGoal" }
    }
    "/goals/{goalId}" = {
      DELETE = { function = "goals", operation_id = "deleteGoal" }
      GET    = { function = "goals", operation_id = "getGoal" }
      PATCH  = { function = "goals", operation_id = "updateGoal" }
    }
    "/goals/{goalId}/sub-goals" = {
      GET  = { function = "goals", operation_id = "listSubGoals" }
      POST = { function = "goals", operation_id = "createSubGoal" }
    }
    "/goals/{goalId}/sub-goals/{subGoalId}" = {
      DELETE = { function = "goals", operation_id = "deleteSubGoal" }
      GET    = { function = "goals", operation_id = "getSubGoal" }
      PATCH  = { function = "goals", operation_id = "updateSubGoal" }
    }
    "/goals/{goalId}/sub-goals/{subGoalId}/actions" = {
      GET  = { function = "goals", operation_id = "listSubGoalActions" }
      POST = { function = "goals", operation_id = "createAction" }
    }
    "/goals/{goalId}/actions" = {
      GET = { function = "goals", operation_id = "listActions" }
    }
    "/goals/{goalId}/actions/{actionId}" = {
      DELETE = { function = "goals", operation_id = "deleteAction" }
      GET    = { function = "goals", operation_id = "getAction" }
      PATCH  = { function = "goals", operation_id = "updateAction" }
    }
    "/goals/{goalId}/chart" = {
      GET = { function = "goals", operation_id = "getChart" }
    }
    "/goals/{goalId}/change-history" = {
      GET = { function = "goals", operation_id = "listChanges", query = { cursor = false, limit = false } }
    }
    "/goals/{goalId}/progress-history" = {
      GET = { function = "goals", operation_id = "listProgress", query = { from = false, to = false } }
    }

    "/tasks" = {
      GET  = { function = "tasks", operation_id = "listTasks", query = { actionId = false, cursor = false, deadline = false, goalId = false, limit = false, sort = false, status = false, viewId = false } }
      POST = { function = "tasks", operation_id = "createTask" }
    }
    "/tasks/{taskId}" = {
      DELETE = { function = "tasks", operation_id = "deleteTask" }
      GET    = { function = "tasks", operation_id = "getTask" }
      PATCH  = { function = "tasks", operation_id = "updateTask" }
    }
    "/tasks/{taskId}/history" = {
      GET = { function = "tasks", operation_id = "listTaskHistory", query = { cursor = false, limit = false } }
    }
    "/tasks/{taskId}/notes" = {
      GET  = { function = "tasks", operation_id = "listTaskNotes" }
      POST = { function = "tasks", operation_id = "createTaskNote" }
    }
    "/tasks/{taskId}/notes/{noteId}" = {
      DELETE = { function = "tasks", operation_id = "deleteTaskNote" }
      PATCH  = { function = "tasks", operation_id = "updateTaskNote" }
    }
    "/tasks/bulk/delete" = {
      POST = { function = "tasks", operation_id = "deleteTasks" }
    }
    "/tasks/bulk/status" = {
      POST = { function = "tasks", operation_id = "updateTaskStatuses" }
    }
    "/tasks/views" = {
      GET  = { function = "tasks", operation_id = "listSavedViews" }
      POST = { function = "tasks", operation_id = "createSavedView" }
    }
    "/tasks/views/{viewId}" = {
      DELETE = { function = "tasks", operation_id = "deleteSavedView" }
      GET    = { function = "tasks", operation_id = "getSavedView" }
      PATCH  = { function = "tasks", operation_id = "updateSavedView" }
    }

    "/reflections" = {
      GET  = { function = "reflections", operation_id = "listReflections", query = { cursor = false, goalId = false, limit = false } }
      POST = { function = "reflections", operation_id = "createReflection" }
    }
    "/reflections/{reflectionId}" = {
      DELETE = { function = "reflections", operation_id = "deleteReflection" }
      GET    = { function = "reflections", operation_id = "getReflection" }
      PATCH  = { function = "reflections", operation_id = "updateReflection" }
    }

    # Task generation; the function checks whose goal it is and passes the request
    # on to the workflow.
    "/ai/executions" = {
      POST = { function = "ai", operation_id = "startGeneration" }
    }
    "/ai/executions/{executionId}" = {
      GET = { function = "ai", operation_id = "getGeneration" }
    }
    "/ai/executions/{executionId}/cancel" = {
      POST = { function = "ai", operation_id = "cancelGeneration" }
    }
    "/ai/executions/{executionId}/retry" = {
      POST = { function = "ai", operation_id = "retryGeneration" }
    }
  }
}
