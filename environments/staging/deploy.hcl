target  = "aws"
region  = "ap-northeast-1"
account = "222222222222" # replace by the account of staging; refused anywhere else

state {
  bucket = "goal-mandala-staging-deploy"
}

approval {
  required = true
}

functions {
  source = "functions"
}

frontend {
  source = "frontend"
}

migrations {
  source = "functions/migrations"
}

backup {
  database = "when-touched"
}

rollback {
  on_failure    = true
  keep_releases = 5
}

verify {
  areas              = ["health", "security", "monitoring", "data"]
  health_path        = "/health"
  attempts           = 5
  monthly_budget_usd = 60
}

notify {
  slack_webhook_secret = "goal-mandala-staging/slack-webhook"
}
