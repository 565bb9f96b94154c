target  = "aws"
region  = "ap-northeast-1"
account = "111111111111" # replace by the account of production; refused anywhere else

state {
  bucket = "goal-mandala-production-deploy"
}

approval {
  required = true
}

functions {
  source = "functions"
}

release {
  required = true # built by `release build`; a working tree is refused
}

frontend {
  source = "frontend"
}

migrations {
  source = "functions/migrations"
}

backup {
  database = "always"
}

rollback {
  on_failure    = true
  keep_releases = 10
}

verify {
  areas              = ["health", "security", "monitoring", "data"]
  health_path        = "/health"
  attempts           = 5
  monthly_budget_usd = 100
}

notify {
  slack_webhook_secret = "goal-mandala-production/slack-webhook"
}
