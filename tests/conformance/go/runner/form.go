package main

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The form of Result.fields, which ../../README.md describes.

// message writes a message. An absent field is the empty string.
func message(fields ...string) string {
	present := fields[:0]
	for _, field := range fields {
		if field != "" {
			present = append(present, field)
		}
	}
	return "{" + strings.Join(present, ",") + "}"
}

func field(name, value string) string { return name + ":" + value }

// optional writes a scalar field that is declared optional.
func optional[T any](name string, value *T, format func(T) string) string {
	if value == nil {
		return ""
	}
	return field(name, format(*value))
}

// optionalMessage writes a field that is a message.
func optionalMessage[T any](name string, value *T, format func(*T) string) string {
	if value == nil {
		return ""
	}
	return field(name, format(value))
}

func list[T any](name string, values []T, format func(T) string) string {
	formatted := make([]string, len(values))
	for i, value := range values {
		formatted[i] = format(value)
	}
	return field(name, "["+strings.Join(formatted, ",")+"]")
}

// integer is for enums too: fmt would write their names.
func integer[T ~int32 | ~int64 | ~uint32](value T) string {
	return strconv.FormatInt(int64(value), 10)
}

func boolean(value bool) string { return strconv.FormatBool(value) }

func double(value float64) string { return fmt.Sprintf("%016x", math.Float64bits(value)) }

func text[T string | []byte](value T) string { return hex.EncodeToString([]byte(value)) }
