# Drydock: says which of the files named as arguments do not parse. Nothing of them is executed.
quoted = lambda do |text|
  text = text.dup.force_encoding(Encoding::UTF_8).scrub
  '"' + text.gsub(/["\\\x00-\x1f]/) { |character| format('\\u%04x', character.ord) } + '"'
end
errors = []
skipped = []
ARGV.each_with_index do |file, index|
  # Compiles only, also what is in BEGIN.
  RubyVM::InstructionSequence.compile_file(file)
rescue SystemCallError, IOError, LoadError
  next
rescue SyntaxError, ArgumentError => error
  # Line and words are in it, in a form that depends on Ruby's version: Drydock takes them out.
  message = "\n#{error.message}".b.gsub("\n#{file}:".b, "\n".b).delete_prefix("\n".b)
  errors << format('{"file":%d,"line":null,"column":null,"message":%s}', index, quoted.call(message[0, 2000]))
rescue SystemStackError, NoMemoryError
  skipped << index
end
puts %({"errors":[#{errors.first(20).join(',')}],"skipped":[#{skipped.join(',')}]})
