output "app" {
  description = "Id of the application."
  value       = module.app.id
}
