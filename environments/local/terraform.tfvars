environment         = "local"
owner               = "platform"
cost_center         = "goal-mandala"
data_classification = "public"

# The local AWS has one endpoint for everything and no instance metadata, and an
# operation that it lacks is an error to see at once, not to try 25 times.
aws = {
  max_retries                 = 2
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}

# Made and thrown away at will.
database = {
  backup_retention_days = 1
  capacity_acu          = { max = 1 }
  deletion_protection   = false
  skip_final_snapshot   = true
}

secrets = {
  recovery_window_days = 0
}
