variable "project" {
  description = "What the environment's names begin with."
  type        = string
}
