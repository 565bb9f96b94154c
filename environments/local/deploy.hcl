target  = "local"
region  = "ap-northeast-1"
account = "123456789012" # the local AWS's only account

state {
  bucket        = "goal-mandala-local-deploy"
  lease_seconds = 30 # who rehearses a crash need not wait a minute
}

approval {
  required = false
}

functions {
  source       = "functions"
  architecture = "host" # they run as processes of this machine
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
  areas              = ["health", "security", "monitoring", "data"]
  health_path        = "/health"
  attempts           = 5
  monthly_budget_usd = 100
}
