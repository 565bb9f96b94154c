target  = "aws"
region  = "ap-northeast-1"
account = "333333333333" # replace by the account of development; refused anywhere else

state {
  bucket = "goal-mandala-development-deploy"
}

approval {
  required = false
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
  database = "never"
}

rollback {
  on_failure    = false
  keep_releases = 3
}

verify {
  areas              = ["health"]
  health_path        = "/health"
  attempts           = 5
  monthly_budget_usd = 40
}
