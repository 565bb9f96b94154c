environment         = "local"
owner               = "platform"
cost_center         = "goal-mandala"
data_classification = "public"

application_url = "https://app.local.goal-mandala.example"
mail            = { domain = "local.goal-mandala.example", from_address = "no-reply@local.goal-mandala.example", verified = true }

# The local AWS has one endpoint for everything and no instance metadata, and an
# operation that it lacks is an error to see at once, not to try 25 times.
aws = {
  max_retries                 = 2
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}

# Made and thrown away at will.
audit = {
  force_destroy = true
}

auth = {
  deletion_protection = false
}

database = {
  backup_retention_days = 1
  capacity_acu          = { max = 1 }
  deletion_protection   = false
  skip_final_snapshot   = true
}

# There are no other locations to roll out to.
frontend = {
  force_destroy       = true
  wait_for_deployment = false
}

# The local AWS's database is a PostgreSQL on a socket of this user's alone, and
# there are no models.
functions = {
  database  = { auth = "password", tls = "disable" }
  generator = "offline"
}

monitoring = {
  alarm_emails = ["alerts@local.goal-mandala.example"]
  budget       = { emails = ["alerts@local.goal-mandala.example"] }
  runbook_url  = "https://docs.local.goal-mandala.example/runbook"
}

secrets = {
  recovery_window_days = 0
}
