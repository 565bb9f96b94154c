environment         = "development"
owner               = "platform"
cost_center         = "goal-mandala"
data_classification = "internal"

# Made and thrown away at will.
database = {
  backup_retention_days = 1
  capacity_acu          = { max = 1 }
  deletion_protection   = false
  instance_count        = 1
  skip_final_snapshot   = true
}

secrets = {
  recovery_window_days = 0
}
