# frozen_string_literal: true

# A function is a program: it reads its environment, prints, and ends with an exit code.

require 'json'

# The data may be JSON with a name in it, or just a name, or nothing.
def name_in(data)
  return 'world' if data.empty?

  parsed = JSON.parse(data)
  name = parsed['name'] if parsed.is_a?(Hash)
  name.is_a?(String) ? name : 'world'
rescue JSON::ParserError
  data
end

puts "Hello, #{name_in(ENV.fetch('APPWRITE_FUNCTION_DATA', ''))}!"
puts "Tag #{ENV.fetch('APPWRITE_FUNCTION_TAG', '')} ran on Ruby #{RUBY_VERSION}; declared is " \
     "#{ENV.fetch('APPWRITE_FUNCTION_RUNTIME_NAME', '')} #{ENV.fetch('APPWRITE_FUNCTION_RUNTIME_VERSION', '')}."
