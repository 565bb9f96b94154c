variable "address" {
  description = "Where API and site answer."
  type        = string
}

variable "healthy" {
  description = "Whether the application says that it is well."
  type        = bool
  default     = true
}

variable "project" {
  description = "What the environment's names begin with."
  type        = string
}

variable "release" {
  description = "What is deployed."
  type        = string
  default     = "none"
}

variable "roles" {
  description = "ARNs of the pipeline's roles, by what they may."
  type        = map(string)
}

variable "site_bucket" {
  description = "Bucket of the site's files."
  type        = string
}

variable "vpc_id" {
  description = "Id of the network."
  type        = string
}

variable "wait_file" {
  description = "The application's layer writes this file and is then at work for minutes; where there is the file, or none is named, it is not."
  type        = string
  default     = ""
}
