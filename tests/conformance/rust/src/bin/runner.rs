//! The runner for Rust: reads vectors with the generated code, and writes a result for each.

use std::io::{stdin, stdout};

use prost_types::Timestamp;
use rref_proto_conformance::{Result as Found, Vector};
use rref_proto_exchange::v1::*;
use rref_proto_exchange::{read_delimited, write_delimited};

/// The form of `Result.fields` that ../README.md describes.
trait Describe {
    fn describe(&self) -> String;

    /// Describes a field that has this value. `None` if the field is absent.
    fn field(&self, name: &str) -> Option<String> {
        Some(format!(
            "{}:{}",
            name.trim_start_matches("r#"),
            self.describe()
        ))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

macro_rules! describe_by {
    ($($type:ty => $text:expr),+ $(,)?) => {
        $(impl Describe for $type {
            fn describe(&self) -> String {
                let text: fn(&$type) -> String = $text;
                text(self)
            }
        })+
    };
}

describe_by! {
    bool => |value| value.to_string(),
    i32 => |value| value.to_string(),
    i64 => |value| value.to_string(),
    u32 => |value| value.to_string(),
    f64 => |value| hex(&value.to_be_bytes()),
    String => |value| hex(value.as_bytes()),
    Vec<u8> => |value| hex(value),
}

impl<T: Describe> Describe for Vec<T> {
    fn describe(&self) -> String {
        let values: Vec<String> = self.iter().map(T::describe).collect();
        format!("[{}]", values.join(","))
    }
}

impl<T: Describe> Describe for Box<T> {
    fn describe(&self) -> String {
        self.as_ref().describe()
    }
}

impl<T: Describe> Describe for Option<T> {
    fn describe(&self) -> String {
        unreachable!("only a field can be absent")
    }

    fn field(&self, name: &str) -> Option<String> {
        self.as_ref()?.field(name)
    }
}

/// Each message with its fields, in the order of their numbers.
macro_rules! messages {
    ($($type:path { $($field:ident),* })+) => {
        $(impl Describe for $type {
            fn describe(&self) -> String {
                let fields: Vec<Option<String>> = vec![$(self.$field.field(stringify!($field))),*];
                format!("{{{}}}", fields.into_iter().flatten().collect::<Vec<_>>().join(","))
            }
        })+
    };
}

/// Each oneof, with the variants of its enum. The field in the form has the name of the variant's
/// field in the .proto.
macro_rules! oneofs {
    ($($type:path { $($variant:ident => $name:literal),* $(,)? })+) => {
        $(impl Describe for $type {
            fn describe(&self) -> String {
                match self { $(Self::$variant(value) => value.describe()),* }
            }

            fn field(&self, _: &str) -> Option<String> {
                match self { $(Self::$variant(value) => value.field($name)),* }
            }
        })+
    };
}

messages! {
    RRefId { created_on, local_id }
    ForkId { created_on, local_id }
    Device { r#type, index }
    Tensor { dtype, sizes, data, requires_grad, device }
    IValue { kind }
    NoneType {}
    ComplexDouble { real, imag }
    Tuple { elements }
    IntList { values }
    DoubleList { values }
    BoolList { values }
    TensorList { tensor_indices }
    GenericList { r#type, elements }
    GenericDict { r#type, entries }
    generic_dict::Entry { key, value }
    ScriptObject { r#type, attributes, state }
    script_object::Attribute { name, value }
    EnumHolder { r#type, value }
    RRefForkData { owner_id, rref_id, fork_id, parent, type_str }
    ScriptRRefFetchCall { from_worker_id, rref_id }
    PythonRRefFetchCall { from_worker_id, rref_id }
    ScriptRRefFetchRet { values }
    PythonRRefFetchRet { values }
    RRefUserDelete { rref_id, fork_id }
    RemoteRet { rref_id, fork_id }
    RRefForkRequest { rref_id, fork_id }
    RRefChildAccept { fork_id }
    RRefAck {}
    Operator { schema, name }
    ScriptCall { callee, stack, is_async_execution }
    ScriptRemoteCall { call, ret_rref_id, ret_fork_id }
    ScriptResp { value }
    SerializedPyObj { payload, tensor_indices }
    PythonCall { serialized_py_obj, is_async_execution }
    PythonRemoteCall { serialized_py_obj, ret_rref_id, ret_fork_id, is_async_execution }
    PythonResp { serialized_py_obj }
    RemoteException { what }
    Message { body, id, tensors }
    NativeMessage { r#type, payload, tensors }
    OmittedValue { r#type, byte_size }
    RecordedMessage {
        time, from_worker_id, to_worker_id, message,
        from_worker_name, to_worker_name, native_message, omitted_values,
        passed_rrefs, event, passed_rrefs_unknown, request_count
    }
    Timestamp { seconds, nanos }
}

oneofs! {
    i_value::Kind {
        NoneValue => "none_value",
        TensorIndex => "tensor_index",
        DoubleValue => "double_value",
        ComplexValue => "complex_value",
        IntValue => "int_value",
        BoolValue => "bool_value",
        StringValue => "string_value",
        BytesValue => "bytes_value",
        TupleValue => "tuple_value",
        IntList => "int_list",
        DoubleList => "double_list",
        BoolList => "bool_list",
        TensorList => "tensor_list",
        ListValue => "list_value",
        DictValue => "dict_value",
        DeviceValue => "device_value",
        ObjectValue => "object_value",
        EnumValue => "enum_value",
        RrefValue => "rref_value",
    }
    script_call::Callee {
        Operator => "operator",
        QualifiedName => "qualified_name",
    }
    remote_exception::What {
        Text => "text",
        Raw => "raw",
    }
    message::Body {
        ScriptResp => "script_resp",
        PythonCall => "python_call",
        PythonResp => "python_resp",
        ScriptRemoteCall => "script_remote_call",
        PythonRemoteCall => "python_remote_call",
        RemoteRet => "remote_ret",
        ScriptRrefFetchCall => "script_rref_fetch_call",
        PythonRrefFetchCall => "python_rref_fetch_call",
        ScriptRrefFetchRet => "script_rref_fetch_ret",
        PythonRrefFetchRet => "python_rref_fetch_ret",
        RrefUserDelete => "rref_user_delete",
        RrefForkRequest => "rref_fork_request",
        RrefChildAccept => "rref_child_accept",
        RrefAck => "rref_ack",
        RemoteException => "remote_exception",
        ScriptCall => "script_call",
    }
}

fn run<M: prost::Message + Default + Describe>(vector: Vector) -> Found {
    let name = vector.name;
    match M::decode(vector.wire.as_slice()) {
        Err(error) => Found {
            name,
            refused: error.to_string(),
            ..Found::default()
        },
        // prost has no JSON.
        Ok(message) => Found {
            name,
            fields: message.describe(),
            wire: message.encode_to_vec(),
            ..Found::default()
        },
    }
}

fn run_named(vector: Vector) -> Found {
    macro_rules! run_one_of {
        ($($type:ident),+ $(,)?) => {
            match vector.message.as_str() {
                $(stringify!($type) => run::<$type>(vector),)+
                other => panic!("expected a message of the schema, got {other}"),
            }
        };
    }
    run_one_of!(
        RRefId,
        ForkId,
        Device,
        Tensor,
        IValue,
        RemoteRet,
        ScriptRRefFetchCall,
        PythonRRefFetchCall,
        ScriptRRefFetchRet,
        PythonRRefFetchRet,
        RRefUserDelete,
        RRefForkRequest,
        RRefChildAccept,
        RRefAck,
        Operator,
        ScriptCall,
        ScriptRemoteCall,
        ScriptResp,
        SerializedPyObj,
        PythonCall,
        PythonRemoteCall,
        PythonResp,
        RemoteException,
        Message,
        RecordedMessage,
    )
}

fn main() -> std::io::Result<()> {
    let (mut input, mut output) = (stdin().lock(), stdout().lock());
    while let Some(vector) = read_delimited(&mut input)? {
        write_delimited(&mut output, &run_named(vector))?;
    }
    Ok(())
}
