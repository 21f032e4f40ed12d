// COMMAND and its subcommands: the command table as client libraries and redis-cli read it.
#include <algorithm>
#include <string>

#include "node/api/argument.hpp"
#include "node/api/call.hpp"

namespace chord::api::commands {
namespace {

std::vector<std::string_view> flag_names(const CommandSpec& spec) {
    std::vector<std::string_view> names;
    if ((spec.flags & kReadonly) != 0) names.emplace_back("readonly");
    if ((spec.flags & kWrite) != 0) names.emplace_back("write");
    if ((spec.flags & kAdmin) != 0) names.emplace_back("admin");
    if ((spec.flags & kFast) != 0) names.emplace_back("fast");
    return names;
}

std::vector<std::string> category_names(const CommandSpec& spec) {
    std::vector<std::string> names{'@' + std::string(spec.group)};
    if ((spec.flags & kReadonly) != 0) names.emplace_back("@read");
    if ((spec.flags & kWrite) != 0) names.emplace_back("@write");
    if ((spec.flags & kAdmin) != 0) names.emplace_back("@admin");
    names.emplace_back((spec.flags & kFast) != 0 ? "@fast" : "@slow");
    return names;
}

void write_info(RespWriter& out, const CommandSpec& spec) {
    out.array(10);
    out.bulk(spec.name);
    out.integer(spec.arity);
    const auto flags = flag_names(spec);
    out.set(flags.size());
    for (const std::string_view flag : flags) out.simple(flag);
    out.integer(spec.first_key);
    out.integer(spec.last_key);
    out.integer(spec.key_step);
    const auto categories = category_names(spec);
    out.set(categories.size());
    for (const std::string& category : categories) out.simple(category);
    out.array(0);  // tips
    out.array(0);  // key specifications: first, last and step say it all
    out.array(0);  // subcommands
}

/// One top-level element of a synopsis: a name, or what stands in brackets.
struct Argument {
    std::string_view text;
    bool optional = false;
    bool multiple = false;
};

/// "key value [EX seconds | PX milliseconds] [key ...]" -> its elements. "[x ...]" repeats the element before it when
/// that is a plain x.
std::vector<Argument> split_synopsis(std::string_view synopsis) {
    std::vector<Argument> elements;
    constexpr std::string_view kMore = " ...";
    while (!synopsis.empty()) {
        const bool bracket = synopsis.front() == '[';
        const std::size_t end = std::min(synopsis.find(bracket ? ']' : ' '), synopsis.size());
        Argument element{synopsis.substr(bracket ? 1 : 0, end - (bracket ? 1 : 0)), bracket, false};
        if (element.text.size() > kMore.size() && element.text.substr(element.text.size() - kMore.size()) == kMore) {
            element.text.remove_suffix(kMore.size());
            element.multiple = true;
        }
        if (element.multiple && !elements.empty() && elements.back().text == element.text) {
            elements.back().multiple = true;
        } else {
            elements.push_back(element);
        }
        synopsis.remove_prefix(std::min(synopsis.size(), end + (bracket ? 2 : 1)));
    }
    return elements;
}

void write_argument(RespWriter& out, const Argument& argument) {
    const auto flags = static_cast<std::size_t>(argument.optional) + static_cast<std::size_t>(argument.multiple);
    out.map(flags > 0 ? 4 : 3);
    out.bulk("name");
    out.bulk(argument.text);
    out.bulk("type");
    out.bulk("string");
    out.bulk("display_text");
    out.bulk(argument.text);
    if (flags == 0) return;
    out.bulk("flags");
    out.set(flags);
    if (argument.optional) out.simple("optional");
    if (argument.multiple) out.simple("multiple");
}

void write_docs(RespWriter& out, const CommandSpec& spec) {
    const auto arguments = split_synopsis(spec.arguments);
    out.bulk(spec.name);
    out.map(3 + (spec.deviation.empty() ? 0U : 1U) + (arguments.empty() ? 0U : 1U));
    out.bulk("summary");
    out.bulk(spec.summary);
    out.bulk("since");
    out.bulk(spec.since);
    out.bulk("group");
    out.bulk(spec.group);
    if (!spec.deviation.empty()) {
        out.bulk("deviation");
        out.bulk(spec.deviation);
    }
    if (arguments.empty()) return;
    out.bulk("arguments");
    out.array(arguments.size());
    for (const Argument& argument : arguments) write_argument(out, argument);
}

void command_docs(Call& call) {
    std::vector<const CommandSpec*> asked;
    if (call.args.size() == 2) {
        for (const CommandSpec& spec : command_table()) asked.push_back(&spec);
    }
    for (const BytesView name : call.args.subspan(2)) {
        if (const CommandSpec* spec = find_command(name)) asked.push_back(spec);
    }
    call.out.map(asked.size());
    for (const CommandSpec* spec : asked) write_docs(call.out, *spec);
}

void command_info(Call& call) {
    if (call.args.size() == 2) {
        call.out.array(command_table().size());
        for (const CommandSpec& spec : command_table()) write_info(call.out, spec);
        return;
    }
    call.out.array(call.args.size() - 2);
    for (const BytesView name : call.args.subspan(2)) {
        const CommandSpec* spec = find_command(name);
        spec != nullptr ? write_info(call.out, *spec) : call.out.null();
    }
}

void command_list(Call& call) {
    if (call.args.size() != 2 && (call.args.size() != 5 || !equals_ignoring_case(call.args[2], "filterby"))) {
        return call.syntax_error();
    }
    const auto chosen = [&](const CommandSpec& spec) {
        if (call.args.size() == 2) return true;
        if (equals_ignoring_case(call.args[3], "pattern")) return glob_match(call.args[4], spec.name, true);
        const auto categories = category_names(spec);
        return std::any_of(categories.begin(), categories.end(), [&](const std::string& category) {
            return equals_ignoring_case(std::string_view(category).substr(1), call.args[4]);
        });
    };
    if (call.args.size() == 5) {
        const BytesView kind = call.args[3];
        if (equals_ignoring_case(kind, "module")) return call.out.array(0);  // there are none
        if (!equals_ignoring_case(kind, "pattern") && !equals_ignoring_case(kind, "aclcat")) {
            return call.syntax_error();
        }
    }
    std::vector<std::string_view> names;
    for (const CommandSpec& spec : command_table()) {
        if (chosen(spec)) names.push_back(spec.name);
    }
    call.out.array(names.size());
    for (const std::string_view name : names) call.out.bulk(name);
}

void command_getkeys(Call& call) {
    const auto args = call.args.subspan(2);
    const CommandSpec* spec = find_command(args[0]);
    if (spec == nullptr) return call.out.error("ERR Invalid command specified");
    if (spec->first_key == 0) return call.out.error("ERR The command has no key arguments");
    if (!arity_fits(*spec, args.size())) {
        return call.out.error("ERR Invalid number of arguments specified for command");
    }
    const KeyRange range = key_range(*spec, args.size());
    call.out.array((range.end - range.first + range.step - 1) / range.step);
    for (std::size_t i = range.first; i < range.end; i += range.step) call.out.bulk(args[i]);
}

}  // namespace

void command(Call& call) {
    if (call.args.size() == 1) {
        call.out.array(command_table().size());
        for (const CommandSpec& spec : command_table()) write_info(call.out, spec);
        return;
    }
    const BytesView verb = call.args[1];
    if (equals_ignoring_case(verb, "docs")) return command_docs(call);
    if (equals_ignoring_case(verb, "info")) return command_info(call);
    if (equals_ignoring_case(verb, "list")) return command_list(call);
    if (equals_ignoring_case(verb, "count")) {
        if (call.args.size() != 2) return call.wrong_arity("count");
        return call.out.unsigned_integer(command_table().size());
    }
    if (equals_ignoring_case(verb, "getkeys")) {
        return call.args.size() < 3 ? call.wrong_arity("getkeys") : command_getkeys(call);
    }
    call.other_subcommand();
}

}  // namespace chord::api::commands
