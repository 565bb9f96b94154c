environment         = "development"
owner               = "platform"
cost_center         = "goal-mandala"
data_classification = "internal"

# The pool sends its few mails by itself: no domain has to be verified. Pages may
# be served from a developer's machine.
application_url = "https://app.development.goal-mandala.example"
mail            = { domain = "development.goal-mandala.example", from_address = "no-reply@development.goal-mandala.example", through_ses = false }

api = {
  cors_origins = ["http://localhost:5173"]
}

audit = {
  expiration_days    = 90
  force_destroy      = true
  log_retention_days = 7
}

auth = {
  callback_urls       = ["http://localhost:5173/auth/callback"]
  deletion_protection = false
}

# Made and thrown away at will.
database = {
  backup_retention_days = 1
  capacity_acu          = { max = 1 }
  deletion_protection   = false
  instance_count        = 1
  log_retention_days    = 7
  skip_final_snapshot   = true
}

frontend = {
  force_destroy = true
  price_class   = "PriceClass_100"
}

functions = {
  log_level          = "DEBUG"
  log_retention_days = 7
}

monitoring = {
  alarm_emails = ["alerts@development.goal-mandala.example"]
  budget       = { emails = ["alerts@development.goal-mandala.example"], limit_usd = 40 }
}

secrets = {
  recovery_window_days = 0
}
