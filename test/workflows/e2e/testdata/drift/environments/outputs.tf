output "log" {
  value = module.base.name
}
